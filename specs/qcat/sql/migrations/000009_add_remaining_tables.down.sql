DROP TABLE IF EXISTS risk_limits, positions;
