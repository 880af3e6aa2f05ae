using System.Security.Cryptography;
using System.Text;

namespace Alignment.Messaging;

/// <summary>Message ids that repeat when the write repeats.</summary>
internal static class MessageIds
{
    /// <summary>UUIDv8 (RFC 9562 §5.8) of the first 128 bits of the key's SHA-256.</summary>
    public static Guid Of(string key)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
