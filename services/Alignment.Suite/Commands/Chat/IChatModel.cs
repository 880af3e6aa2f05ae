using System.Text.Json.Nodes;
using Alignment.ModelCore.Generation;

namespace Alignment.Suite.Commands.Chat;

/// <summary>What a terminal conversation needs of a model.</summary>
internal interface IChatModel
{
    /// <summary>Longest conversation in tokens, the answer included.</summary>
    int MaxPositions { get; }

    int[] Encode(JsonArray messages);

    /// <summary>Answers; shows pieces of text as they become certain. A cancelled answer is what was said until then.</summary>
    ChatReply Answer(int[] prompt, GenerationOptions options, Action<string> show, CancellationToken ct);
}
