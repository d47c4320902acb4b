-- raptor: id=b3f09a6e71c4 revises=5e1b7c90d2a4
-- raptor: phase=migrate
-- Of a token the hash of its proof is kept.
-- The proof can be shown to the database then. A release from before does not find sessions any more: whoever meets one
-- logs in again.

-- raptor:up
-- lint: allow large-data-step because sessions live for hours, and only those that are good now are written
UPDATE sessions SET token_hash = sha256(token_hash) WHERE ended_at IS NULL AND expires_at > now();
-- lint: allow large-data-step because each start of a service makes one link at most
UPDATE staff_invitations SET token_hash = sha256(token_hash) WHERE used_at IS NULL AND expires_at > now();

-- raptor:down
-- There is no way back from a hash: sessions end, and links are used up.
-- lint: allow large-data-step because sessions live for hours, and only those that are good now are written
UPDATE sessions SET ended_at = now(), ended_reason = 'revoked' WHERE ended_at IS NULL AND expires_at > now();
-- lint: allow large-data-step because each start of a service makes one link at most
UPDATE staff_invitations SET used_at = now() WHERE used_at IS NULL;
