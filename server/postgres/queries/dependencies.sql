-- Who depends on whom, by address; pinned objects are not there. deptype: n normal, a auto, i internal, e extension member,
-- P and S partition. A member of an operator family goes with its function too (a), but is not a part of that (n).
-- Left out: what everything has (its schema), and TOAST.
SELECT d.classid::int, d.objid::int8, d.objsubid, d.refclassid::int, d.refobjid::int8, d.refobjsubid,
       CASE WHEN d.classid IN (2602, 2603) AND d.refclassid NOT IN (2616, 2753) THEN 'n' ELSE d.deptype::text END
FROM pg_catalog.pg_depend AS d
WHERE d.classid <> 0 AND d.objid >= 16384 AND (d.refobjid >= 16384 OR d.refclassid = 3079)
  AND NOT (d.refclassid = 2615 AND d.deptype = 'n' AND d.classid IN (1247, 1255, 1259))
ORDER BY 1, 2, 3, 4, 5, 6
