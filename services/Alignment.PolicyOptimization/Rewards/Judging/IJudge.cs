using System.Text.Json.Nodes;

namespace Alignment.PolicyOptimization.Rewards.Judging;

/// <summary>A language model that answers a question.</summary>
internal interface IJudge : IDisposable
{
    /// <summary>The reply to each conversation, in order.</summary>
    IReadOnlyList<string> Ask(IReadOnlyList<JsonArray> conversations, CancellationToken cancellation);
}
