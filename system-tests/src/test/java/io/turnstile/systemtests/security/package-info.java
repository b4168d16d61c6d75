/** TLS, passwords and least privilege. */
package io.turnstile.systemtests.security;
