/** The device's file system as a dozen methods, so that tests can crash, tear and fill it. */
package dev.whippet.internal.disk;
