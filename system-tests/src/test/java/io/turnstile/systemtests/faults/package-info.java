/**
 * Every fault of the matrix under load, one after another or at random, with an audit after each.
 */
package io.turnstile.systemtests.faults;
