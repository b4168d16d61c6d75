/** Results of Apache JMeter, as results of our own. */
package io.turnstile.bench.jtl;
