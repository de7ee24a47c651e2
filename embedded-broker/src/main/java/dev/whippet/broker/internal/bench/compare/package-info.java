/** Several servers measured in turns, until their ratio is known. */
package dev.whippet.broker.internal.bench.compare;
