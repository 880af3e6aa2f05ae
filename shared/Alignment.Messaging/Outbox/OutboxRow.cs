namespace Alignment.Messaging.Outbox;

/// <summary>A message that waits to be sent.</summary>
internal sealed record OutboxRow
{
    public long Seq { get; init; }
    public string MsgId { get; init; } = "";
    public string Type { get; init; } = "";
    public string Body { get; init; } = "";
    public long Tries { get; init; }
}
