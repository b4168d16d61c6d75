/** Checkpoints and savepoints in object storage. */
package io.turnstile.systemtests.storage;
