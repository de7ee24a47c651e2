/** Looks at a data directory that no broker uses, and changes nothing: {@code log} of the tools. */
package dev.whippet.broker.internal.inspect;
