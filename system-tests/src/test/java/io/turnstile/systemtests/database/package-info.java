/** The job with its verdicts in PostgreSQL. */
package io.turnstile.systemtests.database;
