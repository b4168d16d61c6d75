/** The gateway as a process, in front of a real job. */
package io.turnstile.systemtests.gateway;
