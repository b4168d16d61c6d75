/** HTTP in front of the topics: wires the parts, and the command {@code gateway}. */
package io.turnstile.gateway;
