using Alignment.Feedback;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("feedback");
builder.AddFeedback();
var app = builder.Build();
app.MapServiceDefaults();
app.MapFeedback();
app.Run();
