namespace Alignment.Text.Rubrics;

/// <summary>What an answer is judged against.</summary>
/// <param name="Language">A language the rubric knows, such as <c>en</c> or <c>pt</c>.</param>
/// <param name="Facts">Words that a correct answer contains, case and all.</param>
public sealed record RubricQuestion(string Language, IReadOnlyList<string> Facts);
