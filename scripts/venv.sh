# Sourced by the scripts beside it: finds a Python, keeps `.venv` up to date, and knows nothing of what is then run in it.
# shellcheck shell=bash

# The first Python >= 3.11 on the PATH that can make virtual environments; $PYTHON goes first when it is set.
find_python() {
    local candidate too_old="" incomplete=""
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if ! "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            too_old="$too_old $candidate"
        elif ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            incomplete="$incomplete $candidate"
        else
            echo "$candidate"
            return
        fi
    done
    if [ -n "$incomplete" ]; then
        echo "error:$incomplete cannot make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv" >&2
    else
        echo "error: Python 3.11 or newer is needed${too_old:+; too old:$too_old}. Put one on the PATH or set PYTHON." >&2
    fi
    return 1
}

# ensure_venv EXTRAS: `.venv` holds this checkout and its dependencies with these extras ("" for none). Repeated, it costs
# nothing until pyproject.toml or setup.py change.
ensure_venv() {
    local extras="$1" python stamp wanted
    stamp=".venv/installed-${extras:-runtime}"
    wanted="$(cat pyproject.toml setup.py) in $PWD"
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        python="$(find_python)"
        echo "making .venv with $("$python" --version)" >&2
        rm -rf .venv
        "$python" -m venv .venv
    fi
    echo "installing${extras:+ with extras $extras} into .venv" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --editable ".${extras:+[$extras]}"
    printf '%s\n' "$wanted" >"$stamp"
}
