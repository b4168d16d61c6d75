/**
 * The command {@code redrive}: sends inputs anew that were dead-lettered, or rejected for a reason
 * that may be gone.
 */
package io.turnstile.cli.redrive;
