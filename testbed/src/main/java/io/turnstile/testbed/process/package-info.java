/** A testbed of local processes. */
package io.turnstile.testbed.process;
