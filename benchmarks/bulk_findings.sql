-- The same scores and the findings of every rule in long form by hand, for DuckDB: what is earned is kept, as scores and
-- findings both read it; whole numbers in hundredths of a point. {scores} and {findings} are where the rows go.
CREATE OR REPLACE TEMP MACRO outcome(low, high, points) AS
  CASE WHEN low <> high THEN 'unknown' WHEN low >= points THEN 'pass' WHEN low > 0 THEN 'partial' ELSE 'fail' END;
CREATE OR REPLACE TEMP MACRO points(n) AS CAST(n::SMALLINT * 0.01 AS DECIMAL(18, 2));
CREATE OR REPLACE TEMP TABLE earned AS
  WITH counted AS (
    SELECT subject,
      count(*) FILTER (prohibition = 1 AND verified) AS m1, count(*) FILTER (prohibition = 1 AND verified IS NULL) AS u1,
      count(*) FILTER (prohibition = 2 AND verified) AS m2, count(*) FILTER (prohibition = 2 AND verified IS NULL) AS u2,
      count(*) FILTER (prohibition = 3 AND verified) AS m3, count(*) FILTER (prohibition = 3 AND verified IS NULL) AS u3,
      count(*) FILTER (prohibition = 4 AND verified) AS m4, count(*) FILTER (prohibition = 4 AND verified IS NULL) AS u4,
      count(*) FILTER (prohibition = 5 AND verified) AS m5, count(*) FILTER (prohibition = 5 AND verified IS NULL) AS u5,
      count(*) FILTER (prohibition = 6 AND verified) AS m6, count(*) FILTER (prohibition = 6 AND verified IS NULL) AS u6,
      count(*) FILTER (prohibition = 7 AND verified) AS m7, count(*) FILTER (prohibition = 7 AND verified IS NULL) AS u7,
      count(*) FILTER (prohibition = 8 AND verified) AS m8, count(*) FILTER (prohibition = 8 AND verified IS NULL) AS u8,
      count(*) FILTER (prohibition = 9 AND verified) AS m9, count(*) FILTER (prohibition = 9 AND verified IS NULL) AS u9,
      bool_or(verified AND crime_suspected) AS crime,
      bool_or(verified IS DISTINCT FROM FALSE AND crime_suspected IS DISTINCT FROM FALSE) AS crime_may
    FROM register_breaches GROUP BY subject
  ), counts AS (
    SELECT f.subject, medical_staff, trained_staff, "satisfaction.positive" AS positive, "satisfaction.asked" AS asked,
      group_set_up, handed_over, "breaches.complete" AS complete,
      coalesce(m1, 0) AS m1, coalesce(u1, 0) AS u1, coalesce(m2, 0) AS m2, coalesce(u2, 0) AS u2, coalesce(m3, 0) AS m3, coalesce(u3, 0) AS u3,
      coalesce(m4, 0) AS m4, coalesce(u4, 0) AS u4, coalesce(m5, 0) AS m5, coalesce(u5, 0) AS u5, coalesce(m6, 0) AS m6, coalesce(u6, 0) AS u6,
      coalesce(m7, 0) AS m7, coalesce(u7, 0) AS u7, coalesce(m8, 0) AS m8, coalesce(u8, 0) AS u8, coalesce(m9, 0) AS m9, coalesce(u9, 0) AS u9,
      coalesce(crime, FALSE) AS crime, coalesce(crime_may, FALSE) OR NOT "breaches.complete" AS crime_may
    FROM facts AS f LEFT JOIN counted ON counted.subject = f.subject
  )
  SELECT subject, crime, crime_may,
    CASE WHEN complete THEN greatest(600 - 200 * (m1 + u1), 0) ELSE 0 END AS low1, greatest(600 - 200 * m1, 0) AS high1,
    CASE WHEN complete THEN greatest(750 - 250 * (m2 + u2), 0) ELSE 0 END AS low2, greatest(750 - 250 * m2, 0) AS high2,
    CASE WHEN complete THEN greatest(750 - 250 * (m3 + u3), 0) ELSE 0 END AS low3, greatest(750 - 250 * m3, 0) AS high3,
    CASE WHEN complete THEN greatest(450 - 150 * (m4 + u4), 0) ELSE 0 END AS low4, greatest(450 - 150 * m4, 0) AS high4,
    CASE WHEN complete THEN greatest(450 - 150 * (m5 + u5), 0) ELSE 0 END AS low5, greatest(450 - 150 * m5, 0) AS high5,
    CASE WHEN complete THEN greatest(600 - 200 * (m6 + u6), 0) ELSE 0 END AS low6, greatest(600 - 200 * m6, 0) AS high6,
    CASE WHEN complete THEN greatest(600 - 200 * (m7 + u7), 0) ELSE 0 END AS low7, greatest(600 - 200 * m7, 0) AS high7,
    CASE WHEN complete THEN greatest(900 - 300 * (m8 + u8), 0) ELSE 0 END AS low8, greatest(900 - 300 * m8, 0) AS high8,
    CASE WHEN complete THEN greatest(900 - 300 * (m9 + u9), 0) ELSE 0 END AS low9, greatest(900 - 300 * m9, 0) AS high9,
    CASE WHEN trained_staff >= medical_staff THEN 1000 ELSE 0 END AS trained_low,
    CASE WHEN trained_staff < medical_staff THEN 0 ELSE 1000 END AS trained_high,
    CASE WHEN asked > 0 THEN (2 * positive * 1500 + asked) // (2 * asked) ELSE 0 END AS liked_low,
    CASE WHEN asked > 0 THEN (2 * positive * 1500 + asked) // (2 * asked) ELSE 1500 END AS liked_high,
    CASE WHEN group_set_up THEN 500 ELSE 0 END AS group_low, CASE WHEN NOT group_set_up THEN 0 ELSE 500 END AS group_high,
    CASE WHEN handed_over THEN 1000 ELSE 0 END AS handed_low, CASE WHEN NOT handed_over THEN 0 ELSE 1000 END AS handed_high,
    m1 + m2 + m3 + m4 + m5 + m6 + m7 + m8 + m9 >= 20 AS veto,
    m1 + u1 + m2 + u2 + m3 + u3 + m4 + u4 + m5 + u5 + m6 + u6 + m7 + u7 + m8 + u8 + m9 + u9 >= 20 OR NOT complete AS veto_may
  FROM counts;
COPY (
  WITH scored AS (
    SELECT *,
      low1 + low2 + low3 + low4 + low5 + low6 + low7 + low8 + low9 + trained_low + liked_low + group_low + handed_low AS low,
      high1 + high2 + high3 + high4 + high5 + high6 + high7 + high8 + high9 + trained_high + liked_high + group_high + handed_high AS high
    FROM earned
  )
  SELECT subject, points(low) AS low, points(high) AS high,
    CASE WHEN veto_may THEN 'vetoed' WHEN low >= 9000 AND NOT crime_may THEN 'excellent' WHEN low >= 6000 THEN 'pass'
      ELSE 'fail' END AS grade_low,
    CASE WHEN veto THEN 'vetoed' WHEN high >= 9000 AND NOT crime THEN 'excellent' WHEN high >= 6000 THEN 'pass'
      ELSE 'fail' END AS grade_high,
    CASE WHEN veto THEN 'yes' WHEN veto_may THEN 'possible' ELSE 'no' END AS veto
  FROM scored
) TO '{scores}' (FORMAT parquet, COMPRESSION zstd);
COPY (
  SELECT subject, 'p1' AS rule, outcome(low1, high1, 600) AS outcome, points(low1) AS low, points(high1) AS high, points(600) AS "full" FROM earned
  UNION ALL SELECT subject, 'p2', outcome(low2, high2, 750), points(low2), points(high2), points(750) FROM earned
  UNION ALL SELECT subject, 'p3', outcome(low3, high3, 750), points(low3), points(high3), points(750) FROM earned
  UNION ALL SELECT subject, 'p4', outcome(low4, high4, 450), points(low4), points(high4), points(450) FROM earned
  UNION ALL SELECT subject, 'p5', outcome(low5, high5, 450), points(low5), points(high5), points(450) FROM earned
  UNION ALL SELECT subject, 'p6', outcome(low6, high6, 600), points(low6), points(high6), points(600) FROM earned
  UNION ALL SELECT subject, 'p7', outcome(low7, high7, 600), points(low7), points(high7), points(600) FROM earned
  UNION ALL SELECT subject, 'p8', outcome(low8, high8, 900), points(low8), points(high8), points(900) FROM earned
  UNION ALL SELECT subject, 'p9', outcome(low9, high9, 900), points(low9), points(high9), points(900) FROM earned
  UNION ALL SELECT subject, 'training', outcome(trained_low, trained_high, 1000), points(trained_low), points(trained_high), points(1000) FROM earned
  UNION ALL SELECT subject, 'satisfied', outcome(liked_low, liked_high, 1500), points(liked_low), points(liked_high), points(1500) FROM earned
  UNION ALL SELECT subject, 'group', outcome(group_low, group_high, 500), points(group_low), points(group_high), points(500) FROM earned
  UNION ALL SELECT subject, 'handover', outcome(handed_low, handed_high, 1000), points(handed_low), points(handed_high), points(1000) FROM earned
) TO '{findings}' (FORMAT parquet, COMPRESSION zstd)
