/**
 * Measures engines that give verdicts: the same load, the same measurement and the same audit for
 * each.
 */
package io.turnstile.bench;
