/**
 * Last package: makes verdicts visible. Each commit mode has a package of its own; this one holds
 * the parts that both use.
 */
package io.turnstile.job.commit;
