/** Content-addressed disks and half uploads: files that are there whole or not at all. */
package org.hospes.repo.store;
