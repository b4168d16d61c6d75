/** The Flink configurations that the project comes with. */
package io.turnstile.systemtests.configuration;
