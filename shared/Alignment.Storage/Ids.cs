namespace Alignment.Storage;

/// <summary>Sortable ids: UUIDv7 (RFC 9562) written as 32 hexadecimal digits.</summary>
public static class Ids
{
    public static string New(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>Epoch milliseconds UTC, the only form in which times are stored.</summary>
    public static long Now(this TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();
}
