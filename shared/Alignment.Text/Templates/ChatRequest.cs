using System.Text.Json;

namespace Alignment.Text.Templates;

/// <summary>What a chat template is rendered with.</summary>
public sealed record ChatRequest
{
    /// <summary>An array of messages: objects with role, content, tool_calls, reasoning_content, ….</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>An array of JSON-schema functions; absent: None.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>An array of documents; absent: None.</summary>
    public JsonElement? Documents { get; init; }

    /// <summary>End with the header of a new assistant message; default false.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Leave the last message open, so that the model goes on with it; default false.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>The field of the last message that is continued; default content.</summary>
    public string ContinueField { get; init; } = "content";

    /// <summary>bos_token, eos_token, … as variables.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; init; } = new Dictionary<string, string>();

    /// <summary>Further variables, an object; they win over special tokens.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>What <c>strftime_now</c> shows; default the local time.</summary>
    public DateTimeOffset? Now { get; init; }

    public TemplateLimits Limits { get; init; } = TemplateLimits.Default;
}
