-- The same two-sided scores, grades and vetoes by hand, for DuckDB: one pass over the register, one join, whole numbers in
-- units of a hundred-millionth of a point.
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
    coalesce(m1, 0) AS m1, coalesce(u1, 0) AS u1, coalesce(m2, 0) AS m2, coalesce(u2, 0) AS u2, coalesce(m3, 0) AS m3,
    coalesce(u3, 0) AS u3, coalesce(m4, 0) AS m4, coalesce(u4, 0) AS u4, coalesce(m5, 0) AS m5, coalesce(u5, 0) AS u5,
    coalesce(m6, 0) AS m6, coalesce(u6, 0) AS u6, coalesce(m7, 0) AS m7, coalesce(u7, 0) AS u7, coalesce(m8, 0) AS m8,
    coalesce(u8, 0) AS u8, coalesce(m9, 0) AS m9, coalesce(u9, 0) AS u9,
    coalesce(crime, FALSE) AS crime, coalesce(crime_may, FALSE) OR NOT "breaches.complete" AS crime_may
  FROM facts AS f LEFT JOIN counted ON counted.subject = f.subject
), earned AS (
  SELECT *,
    CASE WHEN complete THEN
      greatest(600 - 200 * (m1 + u1), 0) + greatest(750 - 250 * (m2 + u2), 0) + greatest(750 - 250 * (m3 + u3), 0)
      + greatest(450 - 150 * (m4 + u4), 0) + greatest(450 - 150 * (m5 + u5), 0) + greatest(600 - 200 * (m6 + u6), 0)
      + greatest(600 - 200 * (m7 + u7), 0) + greatest(900 - 300 * (m8 + u8), 0) + greatest(900 - 300 * (m9 + u9), 0)
    ELSE 0 END AS conduct_low,
    greatest(600 - 200 * m1, 0) + greatest(750 - 250 * m2, 0) + greatest(750 - 250 * m3, 0)
      + greatest(450 - 150 * m4, 0) + greatest(450 - 150 * m5, 0) + greatest(600 - 200 * m6, 0)
      + greatest(600 - 200 * m7, 0) + greatest(900 - 300 * m8, 0) + greatest(900 - 300 * m9, 0) AS conduct_high,
    CASE WHEN trained_staff >= medical_staff THEN 1000 ELSE 0 END
      + CASE WHEN group_set_up THEN 500 ELSE 0 END + CASE WHEN handed_over THEN 1000 ELSE 0 END AS duties_low,
    CASE WHEN trained_staff < medical_staff THEN 0 ELSE 1000 END
      + CASE WHEN NOT group_set_up THEN 0 ELSE 500 END + CASE WHEN NOT handed_over THEN 0 ELSE 1000 END AS duties_high,
    CASE WHEN asked > 0 THEN (2 * positive * 1500000000 + asked) // (2 * asked) ELSE 0 END AS liked_low,
    CASE WHEN asked > 0 THEN (2 * positive * 1500000000 + asked) // (2 * asked) ELSE 1500000000 END AS liked_high,
    m1 + m2 + m3 + m4 + m5 + m6 + m7 + m8 + m9 AS must,
    m1 + m2 + m3 + m4 + m5 + m6 + m7 + m8 + m9 + u1 + u2 + u3 + u4 + u5 + u6 + u7 + u8 + u9 AS may
  FROM counts
), scored AS (
  SELECT subject, crime, crime_may, must >= 20 AS veto, may >= 20 OR NOT complete AS veto_may,
    conduct_low + duties_low + (liked_low + 500000) // 1000000 AS low,
    conduct_high + duties_high + (liked_high + 500000) // 1000000 AS high
  FROM earned
)
SELECT subject, CAST(low * 0.01 AS DECIMAL(18, 2)) AS low, CAST(high * 0.01 AS DECIMAL(18, 2)) AS high,
  CASE WHEN veto_may THEN 'vetoed' WHEN low >= 9000 AND NOT crime_may THEN 'excellent' WHEN low >= 6000 THEN 'pass'
    ELSE 'fail' END AS grade_low,
  CASE WHEN veto THEN 'vetoed' WHEN high >= 9000 AND NOT crime THEN 'excellent' WHEN high >= 6000 THEN 'pass'
    ELSE 'fail' END AS grade_high,
  CASE WHEN veto THEN 'yes' WHEN veto_may THEN 'possible' ELSE 'no' END AS veto
FROM scored
