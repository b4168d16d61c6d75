/** Replacing a job by another one that starts beside it. */
package io.turnstile.systemtests.upgrade;
