namespace Alignment.Contracts;

/// <summary>
/// The wire identity of a message, independent of its C# name and namespace. Changes are additive only; a breaking change is a new version beside the old one.
/// </summary>
/// <param name="name">Noun and past verb in kebab case: <c>job-completed</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ContractAttribute(string name, int version = 1) : Attribute
{
    public string Name { get; } = name;

    public int Version { get; } = version;

    /// <summary>Whether publishing to nobody is a fault: the message then waits in the outbox for its subscriber.</summary>
    public bool NeedsSubscriber { get; init; }

    /// <summary>Exchange on the broker: <c>align.job-completed</c>.</summary>
    public string Exchange => Version == 1 ? $"align.{Name}" : $"align.{Name}.v{Version}";

    /// <summary>Message type on the wire and in the outbox: <c>align:job-completed:v1</c>.</summary>
    public string Urn => $"align:{Name}:v{Version}";
}
