/** Peers that mean harm, many at once, while a well-behaved client works on. */
package dev.whippet.broker.internal.bench.hostile;
