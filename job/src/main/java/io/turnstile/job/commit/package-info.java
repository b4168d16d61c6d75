/**
 * Last room: verdicts become visible. Each commit mode has a package of its own; here lies what
 * both share.
 */
package io.turnstile.job.commit;
