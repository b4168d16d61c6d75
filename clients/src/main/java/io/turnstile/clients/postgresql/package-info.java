/**
 * The database of a journal in PostgreSQL: how to connect to it, and its tables. What is in the
 * tables is the business of the job that writes it and of the audit that reads it.
 */
package io.turnstile.clients.postgresql;
