using Alignment.Ui.Assets;
using Alignment.Ui.Clients;
using Alignment.Ui.Components;
using Alignment.Ui.Features.Chat;
using Alignment.Ui.Security;
using Alignment.Ui.Visitors;

namespace Alignment.Ui;

/// <summary>The pages: server-rendered, usable without JavaScript, talking HTTP to the services only.</summary>
public static class UiHost
{
    public static IHostApplicationBuilder AddUi(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<UiOptions>().BindConfiguration(UiOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        var key = builder.Configuration["Alignment:ApiKey"];
        services.PostConfigure<UiOptions>(o => o.ApiKey ??= key);
        services.AddRazorComponents();
        services.AddLocalization();
        services.AddHttpContextAccessor();
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = "align.csrf";
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.HeaderName = "X-Csrf";
        });
        services.AddScoped<Visitor>();
        services.AddSingleton<Backend>();
        services.AddSingleton<EmbeddedAssets>();
        services.AddHttpClient<ServiceHttp>(c => c.MaxResponseContentBufferSize = 32 << 20);
        services.AddTransient<FeedbackClient>().AddTransient<CyclesClient>().AddTransient<CheckpointsClient>().AddTransient<DatasetsClient>();
        services.AddSingleton<ChatClient>();
        return builder;
    }

    public static WebApplication MapUi(this WebApplication app)
    {
        app.UseWhen(c => UiPaths.Contains(c.Request.Path), pages => pages.UseMiddleware<SecurityHeaders>().UseMiddleware<VisitorCulture>());
        app.UseAntiforgery();
        app.Services.GetRequiredService<EmbeddedAssets>().Map(app);
        ChatStream.Map(app);
        app.MapRazorComponents<App>();
        return app;
    }
}
