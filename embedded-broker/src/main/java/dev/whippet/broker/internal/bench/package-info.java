/**
 * {@code whippet bench}: measures any server of the classic wire. The commands are here; the load
 * is in {@code load} over {@code client}, the arithmetic in {@code measure}.
 */
package dev.whippet.broker.internal.bench;
