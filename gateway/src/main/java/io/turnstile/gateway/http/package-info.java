/**
 * A thin layer over Vert.x: routes, limits, problem documents. Knows nothing of what is answered.
 */
package io.turnstile.gateway.http;
