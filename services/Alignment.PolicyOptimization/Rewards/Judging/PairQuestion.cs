using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Alignment.PolicyOptimization.Rewards.Judging;

/// <summary>What a judge is asked about two answers, and how its reply is read.</summary>
internal static partial class PairQuestion
{
    private const string DefaultCriteria = "The better answer is the more helpful, correct, polite and brief one.";

    public static JsonArray Ask(string criteria, JsonArray conversation, string first, string second) =>
    [
        new JsonObject
        {
            ["role"] = "user",
            ["content"] = $"""
                You compare two answers to a conversation. {(criteria.Length > 0 ? criteria : DefaultCriteria)} Ignore their order and length.

                [Conversation]
                {string.Join('\n', conversation.Select(m => $"{(string?)m!["role"]}: {(string?)m["content"]}"))}

                [Answer A]
                {first}

                [Answer B]
                {second}

                Which answer is better? Reply with one letter: A, B, or T for a tie.
                """,
        },
    ];

    /// <summary>1 for A, 0 for B, ½ for a tie; null where the reply says none of them.</summary>
    public static double? Read(string reply) => Letter().Match(reply.Trim()) is { Success: true } m ? m.Groups[1].Value[0] switch { 'A' => 1, 'B' => 0, _ => 0.5 } : null;

    // The first letter that stands alone: “A”, “Answer B.”, “**T**”.
    [GeneratedRegex(@"(?<![\p{L}\p{N}'’])([ABT])(?![\p{L}\p{N}'’])", RegexOptions.CultureInvariant)]
    private static partial Regex Letter();
}
