namespace Alignment.Suite.Demo.Reporting;

/// <summary>What people read instead of ids, in both languages.</summary>
internal static class Words
{
    private static readonly Dictionary<string, (string English, string Portuguese)> Names = new(StringComparer.Ordinal)
    {
        ["polite"] = ("polite", "cortês"),
        ["correct"] = ("correct", "correta"),
        ["concise"] = ("concise", "concisa"),
        ["no_personal_data"] = ("no personal data", "sem dados pessoais"),
        ["no_invented_policy"] = ("no invented policy", "sem promessa inventada"),
        ["pass"] = ("Passed", "Aprovado"),
        ["fail"] = ("Failed", "Reprovado"),
        ["inconclusive"] = ("Inconclusive", "Inconclusivo"),
        ["TrainingSft"] = ("Supervised fine-tuning", "Ajuste supervisionado"),
        ["GeneratingCandidates"] = ("Candidate answers", "Respostas candidatas"),
        ["CollectingFeedback"] = ("Human feedback", "Avaliação humana"),
        ["SnapshottingFeedback"] = ("Snapshot", "Instantâneo dos dados"),
        ["TrainingReward"] = ("Reward model", "Modelo de recompensa"),
        ["RewardGate"] = ("Reward gate", "Critério da recompensa"),
        ["OptimisingPolicy"] = ("Preference tuning", "Otimização da política"),
        ["Evaluating"] = ("Evaluation", "Avaliação"),
        ["PromotionGate"] = ("Promotion gate", "Critério de promoção"),
        ["Promoting"] = ("Promotion", "Promoção"),
    };

    /// <summary>The two names of an id; the id itself, readable, where there are none.</summary>
    public static (string English, string Portuguese) Of(string id) => Names.TryGetValue(id, out var n) ? n : (id.Replace('_', ' '), id.Replace('_', ' '));
}
