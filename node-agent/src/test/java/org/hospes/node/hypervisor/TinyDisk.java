package org.hospes.node.hypervisor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The smallest guest there is: a boot sector, written by hand, that prints a line on the first
 * serial port and then does one thing. It boots under SeaBIOS in a fraction of a second, emulated
 * too.
 */
public final class TinyDisk {
  /** What it prints. */
  public static final String GREETING = "HOSPES-GUEST-UP\r\n";

  /** A whole number of sectors, and of MiB. */
  public static final int BYTES = 1 << 20;

  /** What it does when it has printed. */
  public enum Then {
    /** {@code hlt; jmp}: stays up, idle. */
    HALT("f4ebfd"),
    /** Pulses the keyboard controller's reset line: {@code mov al,0xfe; out 0x64,al; hlt; jmp}. */
    REBOOT("b0fee664f4ebfd"),
    /** Tells the panic device: {@code mov dx,0x505; mov al,1; out dx,al; hlt; jmp}. */
    PANIC("ba0505b001eef4ebfd"),
    /**
     * Reads the disk's first 62 sectors but one, over and over: {@code xor ax,ax; mov es,ax; again:
     * mov bx,0x8000; mov ax,0x023e; mov cx,2; mov dx,0x80; int 0x13; jmp again}.
     */
    READ("31c08ec0bb0080b83e02b90200ba8000cd13ebf0"),
    /** Prints it all over again, for ever. */
    REPEAT("ebf1");

    private final String code;

    Then(String code) {
      this.code = code;
    }
  }

  private TinyDisk() {}

  /** The disk's bytes. */
  public static byte[] bytes(Then then) {
    // cli; xor ax,ax; mov ds,ax; mov ss,ax; mov sp,0x7c00; cld; mov si,MESSAGE;
    // loop: lodsb; test al,al; jz done; mov dx,0x3f8; out dx,al; jmp loop; done: ...
    String start = "fa31c08ed88ed0bc007cfc" + "be----" + "ac84c07406baf803eeebf5";
    int length = start.length() / 2 + then.code.length() / 2;
    int message = 0x7c00 + length;
    String code =
        start.replace("----", "%02x%02x".formatted(message & 0xff, message >> 8)) + then.code;
    if (then == Then.REPEAT) {
      // Back to "mov si".
      int back = 11 - length;
      code = code.substring(0, code.length() - 2) + "%02x".formatted(back & 0xff);
    }
    ByteArrayOutputStream sector = new ByteArrayOutputStream();
    sector.writeBytes(HexFormat.of().parseHex(code));
    sector.writeBytes((GREETING + "\0").getBytes(US_ASCII));
    byte[] disk = Arrays.copyOf(sector.toByteArray(), BYTES);
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    return disk;
  }
}
