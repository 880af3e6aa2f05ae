namespace Alignment.PreferenceStore.Prompts;

/// <summary>A prompt of a project.</summary>
/// <param name="Content">JSON: a string, or an array of <c>{role, content}</c>.</param>
/// <param name="GroupHash">See <see cref="PromptContent.GroupOf"/>.</param>
public sealed record Prompt(string Id, string ProjectId, string Content, string GroupHash, string Language, long Ordinal, long CreatedAt);

/// <summary>A prompt to add; <paramref name="Language"/> empty = the project's.</summary>
public sealed record NewPrompt(string Content, string Language = "");
