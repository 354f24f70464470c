-- name: likes
-- The user by id or name: the pseudonym, and the codes of favourite techniques, which may be listed by id or by code.
SELECT u.pseudonym,
       ARRAY(
           SELECT t.code::text FROM techniques t
           WHERE jsonb_typeof(u.preferences -> 'favorite_techniques') = 'array'
             AND (u.preferences -> 'favorite_techniques' ? t.id::text OR u.preferences -> 'favorite_techniques' ? t.code)
           ORDER BY t.code
       )
FROM users u
WHERE u.id::text = %(user)s OR u.username = %(user)s
ORDER BY u.id::text = %(user)s DESC
LIMIT 1
