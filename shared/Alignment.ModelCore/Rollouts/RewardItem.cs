using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Rollouts;

/// <summary>One response as a reward source sees it.</summary>
/// <param name="Messages">The conversation that was continued.</param>
/// <param name="Response">Text of the response, special tokens left out.</param>
/// <param name="PromptIds">In the policy's tokenizer.</param>
/// <param name="ResponseIds">The end token included, where there is one.</param>
/// <param name="Ended">The response came to its own end.</param>
/// <param name="Row">The prompt's line of the data file, with fields that a rule may need (facts, language …).</param>
public sealed record RewardItem(JsonArray Messages, string Response, int[] PromptIds, int[] ResponseIds, bool Ended, JsonObject Row);
