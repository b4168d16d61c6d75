/** Starts from checkpoints and savepoints that an operator may choose. */
package io.turnstile.systemtests.restore;
