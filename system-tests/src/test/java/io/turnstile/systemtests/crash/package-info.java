/** Crashes, restarts and failures that no restart cures. */
package io.turnstile.systemtests.crash;
