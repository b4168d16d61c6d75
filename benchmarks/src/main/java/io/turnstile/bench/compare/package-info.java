/** Whether results got worse. */
package io.turnstile.bench.compare;
