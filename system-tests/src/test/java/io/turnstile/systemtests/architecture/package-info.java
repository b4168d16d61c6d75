/** The directions between modules and packages. */
package io.turnstile.systemtests.architecture;
