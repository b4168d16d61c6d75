/**
 * Times single steps of the job. A benchmark of what is package-private lies in the package of
 * that.
 */
package io.turnstile.micro;
