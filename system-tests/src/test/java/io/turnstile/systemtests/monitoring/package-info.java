/** Alerting rules, dashboard and metrics that fit together. */
package io.turnstile.systemtests.monitoring;
