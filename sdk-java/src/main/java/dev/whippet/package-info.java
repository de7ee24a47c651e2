/**
 * Edge messaging for Android and IoT devices, compatible with Apache Iggy. Start at {@link
 * dev.whippet.WhippetClient}; everything below {@code dev.whippet.internal} is not API.
 */
package dev.whippet;
