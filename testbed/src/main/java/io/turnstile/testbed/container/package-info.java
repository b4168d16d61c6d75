/** A testbed of containers, and the faults that only containers can have. */
package io.turnstile.testbed.container;
